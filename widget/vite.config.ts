import { defineConfig } from "vitest/config";

// One classic script: it works with a plain tag, with Subresource Integrity, and under any strict policy of a page.
export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: "src/widget.ts", formats: ["iife"], name: "sextortionHelp", fileName: () => "widget.js" },
    reportCompressedSize: true,
  },
  test: { include: ["tests/unit/**/*.test.ts"] },
});
