// Makes a component of a policy in JavaScript: node - SOURCE WIT COMPONENT, in the folder of the source.
//
// Without its features the engine imports nothing of WASI: a policy has no clock, randomness or network, and what it
// prints goes to the decision's log.
import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const [sourcePath, witPath, to] = process.argv.slice(2);
const disableFeatures = ["stdio", "random", "clocks", "http", "fetch-event"];
try {
  const { component } = await componentize({ sourcePath, witPath, worldName: "policy", disableFeatures });
  await writeFile(to, component);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
