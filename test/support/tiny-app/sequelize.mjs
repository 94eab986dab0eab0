#!/usr/bin/env node
// Stands for sequelize-cli: remembers in a file that it has migrated. A file `broken-migration` in the app is a migration that fails.
import { existsSync, writeFileSync } from "node:fs";

if (process.argv[2] === "db:migrate") {
  if (existsSync("broken-migration")) {
    console.error("ERROR: column sort of relation Tarefas already exists");
    process.exit(1);
  }
  writeFileSync("migrated", "");
}
