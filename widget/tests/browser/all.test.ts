/** One assistant, one site and one browser for all tests. */

import { after, before } from "node:test";
import { setUp, tearDown } from "./stage.ts";

before(setUp, { timeout: 200_000 });
after(tearDown);

await import("./conversations.ts");
await import("./leaving.ts");
await import("./lasting.ts");
await import("./embedding.ts");
await import("./everyone.ts");
