import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/remote/app/ask.ts";
import { type AppDatabase, appDatabase } from "../../../src/remote/app/database.ts";
import { type AppUp, type AppUpDesired, appUp } from "../../../src/remote/app/up.ts";

const desired: AppUpDesired = {
  instanceId: "i-1",
  folder: "/home/ec2-user/bia",
  user: "ec2-user",
  port: 3001,
  address: "203.0.113.7",
  securityGroups: ["sg-1"],
  version: "abc1234def567890",
  machineState: "running",
};
const run = {
  name: "app-up",
  instanceId: "i-1",
  commandId: "c",
  what: "3001:abc1234def567890",
  status: "Success",
  output: "",
};
const url = "http://203.0.113.7:3001";
const bia: Answer = { is: "answer", status: 200, body: "Bia 1.0.0" };
const refused: Answer = { is: "refused", why: "ECONNREFUSED" };

const changesOf = (actual: Partial<AppUp>) => appUp.diff?.(desired, { run, url, answer: bia, ...actual });

describe("the app on a machine", () => {
  it("is as it should be when the version that was built answers", () => {
    expect(changesOf({})).toEqual([]);
  });

  it("is asked at its own path for its own text, or for any page where that is empty", () => {
    const health = { path: "/", text: "<title>Shop", data: "/" };
    const shop = { ...desired, traits: { service: "web", health, migrate: [] } };
    const page = (body: string): Answer => ({ is: "answer", status: 200, body });
    const ask = (answer: Answer, text = health.text) =>
      appUp.diff?.({ ...shop, traits: { ...shop.traits, health: { ...health, text } } }, { run, url, answer });
    expect(ask(page("<html><title>Shop</title>"))).toEqual([]);
    expect(ask(page("Bia 1.0.0"))).toEqual([{ field: `${url}/`, from: "200 Bia 1.0.0", to: "<title>Shop" }]);
    expect(ask(page("anything"), "")).toEqual([]);
    expect(ask({ is: "answer", status: 500, body: "" }, "")).toEqual([{ field: `${url}/`, from: "500", to: "200" }]);
  });

  it("has no url while its machine is stopped, and is not ready then", () => {
    const stopped: AppUp = { run, url: undefined, answer: { is: "unreachable" }, machineIsStopped: true };
    expect(changesOf(stopped)).toEqual([]);
    expect(appUp.pending?.(stopped)).toBe("the machine is stopped");
    expect(appUp.describe?.(stopped)).toBe("none while the machine is stopped");
  });

  it("shows a new version of its source as a change", () => {
    expect(changesOf({ run: { ...run, what: "3001:0000000fffffffff" } })).toEqual([
      { field: "app", from: "0000000", to: "abc1234" },
    ]);
  });

  it("shows another database as a change", () => {
    const rds = { address: "bia.example", port: 5432, username: "postgres", name: "bia", passwordParameter: "/p" };
    const actual = { run, url, answer: bia };
    expect(appUp.diff?.({ ...desired, rds }, actual)).toEqual([
      { field: "database", from: "on the machine", to: "bia.example:5432/bia" },
    ]);
    const onRds = { ...actual, run: { ...run, what: `3001@${"0".repeat(16)}:${desired.version}` } };
    expect(appUp.diff?.(desired, onRds)).toEqual([
      { field: "database", from: "another one on RDS", to: "on the machine" },
    ]);
    expect(appUp.diff?.({ ...desired, rds }, onRds)).toMatchObject([{ from: "another one on RDS" }]);
  });

  it("shows another port as a change", () => {
    expect(changesOf({ run: { ...run, what: "8080:abc1234def567890" } })).toEqual([
      { field: "port of the app", from: "8080", to: "3001" },
    ]);
  });

  it("is to be repaired when nothing answers although it was brought up", () => {
    expect(changesOf({ answer: refused })).toEqual([
      { field: `${url}/api/versao`, from: "no answer (ECONNREFUSED)", to: "Bia" },
    ]);
  });

  it("is to be repaired when something listens and says nothing", () => {
    expect(changesOf({ answer: { is: "silent" } })).toMatchObject([{ from: "no answer in time" }]);
  });

  it("is to be repaired when something else answers on its port", () => {
    expect(changesOf({ answer: { is: "answer", status: 200, body: "<html>" } })).toEqual([
      { field: `${url}/api/versao`, from: "200 <html>", to: "Bia" },
    ]);
  });

  it("is believed to be up by the machine's receipt when a security group keeps us out", () => {
    expect(changesOf({ answer: { is: "unreachable" } })).toEqual([]);
  });

  it("is waited for, not started again, while it is brought up", () => {
    const under = { run: { ...run, status: "InProgress" }, answer: refused };
    expect(changesOf(under)).toEqual([]);
    expect(appUp.pending?.({ url, ...under })).toBe("running on the machine");
  });

  it.each([
    ["Bind for 0.0.0.0:3001 failed: port is already allocated", "devMachine.appPort"],
    ["failed to solve: process did not complete successfully", "Correct the Dockerfile"],
    ["write /var/lib/docker: no space left on device", "make room"],
    ["The app uses the database bia.example:5432/bia on RDS, which does not answer.", "--database local"],
    ["An error occurred (ParameterNotFound) when calling the GetParameter operation", "--database local"],
    ["something else", "bia-infra dev logs"],
  ])("says what to do about %s", (output, next) => {
    const failed: AppUp = { run: { ...run, status: "Failed", output }, url, answer: refused };
    expect(appUp.broken?.(failed)).toContain(output);
    expect(appUp.remedy?.(failed)).toContain(next);
  });
});

describe("the app's database", () => {
  const changes = (actual: Partial<AppDatabase>) =>
    appDatabase.diff?.(desired, { run, url, answer: { ...bia }, ...actual });

  it("is as it should be when its table can be read and the migrations are those of this version", () => {
    expect(changes({})).toEqual([]);
  });

  it("is to be repaired when the app says what is missing, in the app's words", () => {
    const message = "a tabela ainda não existe, rode npx sequelize db:migrate";
    expect(changes({ answer: { is: "answer", status: 503, body: JSON.stringify({ message }) } })).toEqual([
      { field: `${url}/api/tarefas`, from: `503 ${message}`, to: "200" },
    ]);
  });

  it("is to be migrated for a new version", () => {
    expect(changes({ run: { ...run, what: "3001:0000000fffffffff" } })).toEqual([
      { field: "migrations", from: "0000000", to: "abc1234" },
    ]);
  });

  it("says what to do about a migration that fails", () => {
    const output = "== 2026-bad: migrating =======\nERROR: relation does not exist";
    const failed: AppDatabase = { run: { ...run, status: "Failed", output }, url, answer: bia };
    expect(appDatabase.remedy?.(failed)).toContain("Correct the migration");
  });
});
