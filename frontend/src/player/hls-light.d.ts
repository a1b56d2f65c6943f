/** The light build has no types of its own; what it has, it has as the full one. */
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
