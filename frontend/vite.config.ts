import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The type of the graphics that are laid over the picture: the media worker draws with the same files. */
function graphicsType(): Plugin {
  const from = "node_modules/@fontsource/noto-sans-sc/files";
  const to = "../src/quality_creator/media/fonts";
  return {
    name: "graphics-type",
    closeBundle() {
      for (const subset of ["latin", "chinese-simplified"])
        for (const weight of [400, 700]) {
          const name = `noto-sans-sc-${subset}-${weight}-normal.woff2`;
          copyFileSync(`${from}/${name}`, `${to}/${name}`);
        }
    },
  };
}

/** Texts lie beside themselves compressed: the hub hands out what the browser takes, and compresses nothing itself. */
function compressed(): Plugin {
  const folder = "../src/quality_creator/web/dist/assets";
  return {
    name: "compressed",
    closeBundle() {
      for (const name of readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))) {
        const data = readFileSync(`${folder}/${name}`);
        writeFileSync(`${folder}/${name}.br`, brotliCompressSync(data));
        writeFileSync(`${folder}/${name}.gz`, gzipSync(data, { level: 9 }));
      }
    },
  };
}

/** Each page loads `site` and at most one island of its own; the server finds their files in the manifest. */
export default defineConfig({
  base: "/static/",
  publicDir: "public",
  plugins: [graphicsType(), compressed()],
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
        desk: "src/desk.ts",
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
