import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

const digest = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * All of the signing page in one file that may load nothing: whatever runs or is styled in it is named by its digest.
 * It stands outside the folder that a hub serves.
 */
function single(): Plugin {
  return {
    name: "single",
    enforce: "post",
    generateBundle(_, bundle) {
      let script = "";
      let style = "";
      for (const [name, item] of Object.entries(bundle)) {
        if (item.type === "chunk") script += item.code;
        else if (name.endsWith(".css")) style += String(item.source);
        delete bundle[name];
      }
      // Faces that would be fetched: the reader's own stand in for them.
      style = style.replace(/@font-face\s*\{[^}]*url\([^}]*\}/g, "");
      script = `(async()=>{${script}})();`.replaceAll("</script", "<\\/script");
      const policy = `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`;
      const head = [
        '<meta charset="utf-8">',
        `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="color-scheme" content="light dark">',
        "<title>Quality Creator</title>",
        `<style>${style}</style>`,
      ];
      const source = `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n<script>${script}</script>\n</body>\n</html>\n`;
      this.emitFile({ type: "asset", fileName: "signing-page.html", source });
    },
  };
}

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [single()],
  build: {
    outDir: "../src/quality_creator/cli/built",
    emptyOutDir: true,
    target: ["chrome137", "edge137", "firefox130", "safari17.4"],
    modulePreload: false,
    cssCodeSplit: false,
    rollupOptions: { input: "src/signing.ts" },
  },
});
