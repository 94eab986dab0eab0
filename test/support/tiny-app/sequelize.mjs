#!/usr/bin/env node
// Stands for sequelize-cli: remembers in a file that it has migrated.
import { writeFileSync } from "node:fs";

if (process.argv[2] === "db:migrate") writeFileSync("migrated", "");
