/** Measures the assistant's pages with Lighthouse; exits with 1 where accessibility or best practices are under 100. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Assistant, FLAGS } from "../tests/browser/stage.ts";

/** Lighthouse on one page; on a busy machine its recording fails now and then. */
function run(options: string[], address: string, tries = 3): void {
  try {
    execFileSync("node_modules/.bin/lighthouse", [
      address, ...options, "--quiet", "--no-enable-error-reporting", `--chrome-flags=${FLAGS.join(" ")}`,
      "--only-categories=performance,accessibility,best-practices",
    ], { stdio: ["ignore", "inherit", tries > 1 ? "ignore" : "inherit"] });
  } catch (error) {
    if (tries === 1) throw error;
    run(options, address, tries - 1);
  }
}

const WANTED = ["accessibility", "best-practices"];
const assistant = new Assistant();
let short = false;
try {
  await assistant.start({ ALLOWED_ORIGINS: "" });
  for (const path of ["/", "/embed", "/chat"]) {
    for (const form of ["mobile", "desktop"]) {
      const report = join(mkdtempSync(join(tmpdir(), "lighthouse-")), "report.json");
      run(["--output=json", `--output-path=${report}`, ...(form === "desktop" ? ["--preset=desktop"] : [])], assistant.url + path);
      const { categories, audits } = JSON.parse(readFileSync(report, "utf8"));
      const scores = Object.entries(categories as Record<string, { score: number }>).map(([name, { score }]) => `${name} ${Math.round(score * 100)}`);
      console.log(`${path} (${form}): ${scores.join(", ")}`);
      for (const name of WANTED) {
        if (categories[name].score === 1) continue;
        short = true;
        for (const { id, weight } of categories[name].auditRefs) {
          if (weight && audits[id].score !== null && audits[id].score < 1) console.log(`  ${name}: ${audits[id].title}`, JSON.stringify(audits[id].details?.items ?? []).slice(0, 600));
        }
      }
    }
  }
} finally {
  await assistant.stop();
}
process.exit(short ? 1 : 0);
