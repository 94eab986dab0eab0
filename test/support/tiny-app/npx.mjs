#!/usr/bin/env node
// Stands for npx, where the program is installed in the project: npm's own takes half a second of a processor for it.
import { resolve } from "node:path";

const [node, , program, ...args] = process.argv;
process.argv = [node, resolve("node_modules/.bin", program), ...args];
await import(process.argv[1]);
