// Write dist: the page's one script, its style sheet, and what is copied as it is.
// node build.mjs [--entry FILE] [--out FOLDER] [--watch]
import { build, context } from "esbuild";
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    entry: { type: "string", default: join(here, "src/main.ts") },
    out: { type: "string", default: join(here, "dist") },
    watch: { type: "boolean", default: false },
  },
});
const out = resolve(values.out);
const options = {
  entryPoints: { app: resolve(values.entry), style: join(here, "style.css") },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox128", "safari17.5"],
  legalComments: "eof",
  nodePaths: [join(here, "node_modules")],
  logLevel: "warning",
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const name of ["index.html", "icon.svg"]) await cp(join(here, name), join(out, name));
if (values.watch) await (await context(options)).watch();
else await build(options);
