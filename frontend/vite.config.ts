import { defineConfig } from "vite";

/** Each page loads `site` and at most one island of its own; the server finds their files in the manifest. */
export default defineConfig({
  base: "/static/",
  publicDir: "public",
  build: {
    outDir: "../src/quality_creator/web/dist",
    emptyOutDir: true,
    manifest: true,
    target: ["chrome107", "edge107", "firefox110", "safari16"],
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // hls.js alone is 520 kB before compression
    rollupOptions: {
      input: {
        site: "src/site.ts",
        home: "src/home.ts",
        episode: "src/episode.ts",
        design: "src/design.ts",
        challenge: "src/challenge.ts",
        forum: "src/forum.ts",
        join: "src/join.ts",
        lines: "src/lines.ts",
        proof: "src/proof.ts",
        studio: "src/studio.ts",
        timer: "src/timer.ts",
        people: "src/people.ts",
      },
    },
  },
});
