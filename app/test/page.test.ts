import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import axe from "axe-core";
import express from "express";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { type Bia, newDatabase, startBia } from "./support/bia.ts";
import { chromiumFlags, chromiumPath, noChromium, skipBrowser } from "./support/chromium.ts";
import { runNode } from "./support/processes.ts";

/** Where the screenshots of this run are, for a person to look at. */
const screenshots = process.env.BIA_SCREENSHOTS || join(tmpdir(), "bia-screenshots");

describe.skipIf(skipBrowser)("the page", () => {
  let env: Record<string, string>;
  let bia: Bia;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    if (!chromiumPath) throw new Error(noChromium);
    await mkdir(screenshots, { recursive: true });
    env = { ...(await newDatabase(inject("postgres"), "bia_page")), VERSAO_API: "9.9.9" };
    bia = await startBia(env);
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  });
  afterAll(async () => {
    await browser?.close();
    await bia?.stop();
  });
  beforeEach(async () => {
    const { body } = await bia.call("GET", "/api/tarefas");
    for (const { uuid } of body) await bia.call("DELETE", `/api/tarefas/${uuid}`);
    page = await open();
  });
  afterEach(() => page.context().close());

  async function open(options: BrowserContextOptions = {}, path = "/"): Promise<Page> {
    const context = await browser.newContext({ locale: "pt-BR", colorScheme: "light", ...options });
    const opened = await context.newPage();
    faults = [];
    opened.on("pageerror", (error) => faults.push(error.message));
    await opened.goto(bia.url + path);
    return opened;
  }

  const task = (titulo: string) => page.getByRole("listitem").filter({ hasText: titulo });
  const star = (titulo: string) => page.getByRole("button", { name: `Importante: ${titulo}` });
  const stored = async () => (await bia.call("GET", "/api/tarefas")).body as { titulo: string; importante: boolean }[];
  const add = (titulo: string, dia?: string, importante = false) =>
    bia.call("POST", "/api/tarefas", { titulo, dia, importante });

  async function save(titulo: string, dia = "") {
    await page.getByRole("textbox", { name: "Tarefa" }).fill(titulo);
    await page.getByRole("textbox", { name: "Dia" }).fill(dia);
    await page.getByRole("button", { name: "Salvar Tarefa" }).click();
  }

  it("says so when there is no task, and shows the version that answers", async () => {
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    await page.getByText("Bia 9.9.9", { exact: true }).waitFor();
    expect(await page.getByRole("heading", { name: "Adicionar Tarefa" }).isVisible()).toBe(true);
  });

  it("adds a task with its day and priority, empties the form and is ready for the next", async () => {
    await page.getByRole("checkbox", { name: "Importante?" }).check();
    await save("Publicar no ECR", "Sexta, 14h");
    await task("Publicar no ECR").waitFor();
    expect(await task("Publicar no ECR").textContent()).toContain("Sexta, 14h");
    expect(await star("Publicar no ECR").getAttribute("aria-pressed")).toBe("true");
    const title = page.getByRole("textbox", { name: "Tarefa" });
    expect(await title.inputValue()).toBe("");
    expect(await title.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.getByRole("checkbox").isChecked()).toBe(false);
    expect(await page.getByRole("status").textContent()).toBe("Tarefa salva: Publicar no ECR");
    expect(await stored()).toMatchObject([
      { titulo: "Publicar no ECR", dia_atividade: "Sexta, 14h", importante: true },
    ]);
  });

  it("does not send a task without words", async () => {
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    await save("   ");
    expect(await page.locator("input:invalid").count()).toBe(1);
    expect(await stored()).toEqual([]);
  });

  it("shows a title of <script> as text", async () => {
    const titulo = `<script>document.title = "invadida"</script><img src=x onerror="document.title = 'invadida'">`;
    await save(titulo);
    await task("<script>").waitFor();
    expect(await page.getByRole("heading", { level: 3 }).textContent()).toBe(titulo);
    await page.reload();
    expect(await page.getByRole("heading", { level: 3 }).textContent()).toBe(titulo);
    expect(await page.title()).toBe("Bia · Tarefas");
  });

  it("marks a task as important with a double click, and back", async () => {
    await add("Ler sobre RDS");
    await page.reload();
    await task("Ler sobre RDS").dblclick();
    await expect.poll(() => star("Ler sobre RDS").getAttribute("aria-pressed")).toBe("true");
    expect(await stored()).toMatchObject([{ importante: true }]);
    await task("Ler sobre RDS").dblclick();
    await expect.poll(() => star("Ler sobre RDS").getAttribute("aria-pressed")).toBe("false");
    expect(await stored()).toMatchObject([{ importante: false }]);
  });

  it("can be used with the keyboard alone", async () => {
    await page.getByRole("textbox", { name: "Tarefa" }).focus();
    await page.keyboard.type("Sem mouse");
    await page.keyboard.press("Enter");
    await task("Sem mouse").waitFor();
    for (const _ of ["Dia", "Importante?", "Salvar Tarefa", "star"]) await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await expect.poll(() => star("Sem mouse").getAttribute("aria-pressed")).toBe("true");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("tasks-heading");
    expect(await stored()).toEqual([]);
  });

  it("deletes the task whose button was pressed, and no other", async () => {
    await add("fica");
    await add("vai");
    await page.reload();
    await page.getByRole("button", { name: "Excluir: vai" }).click();
    await task("vai").waitFor({ state: "detached" });
    expect(await stored()).toMatchObject([{ titulo: "fica" }]);
  });

  it("tells the API's reason when a change fails, keeps the words in the form, and recovers", async () => {
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    const { port } = new URL(bia.url);
    await bia.stop();
    await save("não se perde");
    await page.getByRole("alert").getByText("Não foi possível falar com a API").waitFor();
    expect(await page.getByRole("textbox", { name: "Tarefa" }).inputValue()).toBe("não se perde");

    bia = await startBia({ ...env, PORT: port, DB_NAME: "nao_existe" });
    await page.getByRole("button", { name: "Salvar Tarefa" }).click();
    await page.getByRole("alert").getByText("npx sequelize db:create").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Tentar de novo" }).waitFor();
    await page.screenshot({ path: join(screenshots, "problem.png"), fullPage: true });

    await bia.stop();
    bia = await startBia({ ...env, PORT: port });
    await page.getByRole("button", { name: "Tentar de novo" }).click();
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("explains itself on /about, which can be opened directly and leads back", async () => {
    await page.getByRole("link", { name: "Sobre a Bia" }).click();
    await page.waitForURL("**/about");
    await page.reload();
    await page.getByRole("heading", { name: "Sobre a Bia" }).waitFor();
    await page.getByText("Bia 9.9.9", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Voltar para as tarefas" }).click();
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
  });

  it("built with VITE_API_URL calls the API there, from an origin of its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bia-page-"));
    const vite = resolve("node_modules", "vite", "bin", "vite.js");
    const build = [vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
    await runNode(build, { ...process.env, VITE_API_URL: `${bia.url}/` });
    const site = express().use(express.static(folder)).listen(0, "127.0.0.1");
    onTestFinished(async () => {
      site.close();
      await rm(folder, { recursive: true });
    });
    await once(site, "listening");

    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await page.getByText("Bia 9.9.9", { exact: true }).waitFor();
    await save("de longe");
    await star("de longe").click();
    await expect.poll(() => star("de longe").getAttribute("aria-pressed")).toBe("true");
    expect(await stored()).toMatchObject([{ titulo: "de longe", importante: true }]);
    await page.getByRole("button", { name: "Excluir: de longe" }).click();
    await page.getByText("Nenhuma tarefa nesse momento").waitFor();
    expect(await stored()).toEqual([]);
  });

  describe.each([
    ["desktop-light", { colorScheme: "light", viewport: { width: 1100, height: 800 } }],
    ["desktop-dark", { colorScheme: "dark", viewport: { width: 1100, height: 800 } }],
    ["phone-light", { colorScheme: "light", viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 }],
  ] satisfies [string, BrowserContextOptions][])("on %s", (name, options) => {
    const still: BrowserContextOptions = { ...options, reducedMotion: "reduce" };

    it.each([
      ["tasks", "/"],
      ["empty", "/"],
      ["about", "/about"],
    ])("has no accessibility finding and does not scroll sideways: %s", async (content, path) => {
      if (content === "tasks") {
        await add("Publicar a imagem no ECR", "Segunda, 10h", true);
        await add("Conferir os targets do balanceador");
        await add(`Uma palavra comprida: ${"ecs".repeat(40)}`, "Quarta");
      }
      await page.context().close();
      page = await open(still, path);
      await page.getByText("Bia 9.9.9", { exact: true }).waitFor();
      const settled = { tasks: "Publicar a imagem no ECR", empty: "Nenhuma tarefa nesse momento", about: "Voltar" }[
        content
      ];
      await page.getByText(settled ?? "").waitFor();
      await page.screenshot({ path: join(screenshots, `${name}-${content}.png`), fullPage: true });

      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
      expect(violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ html }) => html) }))).toEqual(
        [],
      );
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        options.viewport.width,
      );
      expect(faults).toEqual([]);
    });
  });
});
