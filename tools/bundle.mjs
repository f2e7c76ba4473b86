// One file out of a page's modules (or of its style), for tools/page.py: node tools/bundle.mjs entry file
import { build } from "esbuild";

const [entry, outfile] = process.argv.slice(2);
await build({
  entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none",
  logLevel: "warning",
});
