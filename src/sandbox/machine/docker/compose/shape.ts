/**
 * What may stand where in a service of a compose file, as far as the sandbox reads it
 * (https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json). Everything is looked at before it is used, so that a mistake
 * is told in compose's words. A key without a value is as good as none.
 */
type Shape = (value: unknown, path: string) => string | undefined;

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function a(words: string, fits: (value: unknown) => boolean): Shape {
  return (value, path) => (fits(value) ? undefined : `${path} must be ${words}`);
}

const text = a("a string", isText);
const number = a("a number or a string", (value) => isText(value) || typeof value === "number");
const flag = a("a boolean or a string", (value) => isText(value) || typeof value === "boolean");
const setting = a("a string, number, boolean or null", (value) => value === null || isScalar(value));

function optional(shape: Shape): Shape {
  return (value, path) => (value === undefined || value === null ? undefined : shape(value, path));
}

function listOf(item: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} must be a list`;
    return firstOf(value.map((one, index) => item(one, `${path}[${index}]`)));
  };
}

function mappingOf(item: Shape): Shape {
  return (value, path) => {
    if (!isMapping(value)) return `${path} must be a mapping`;
    return firstOf(Object.entries(value).map(([key, one]) => item(one, `${path}.${key}`)));
  };
}

/** Only these keys are looked at; what else there is, is for others to refuse. */
function group(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (!isMapping(value)) return `${path} must be a mapping`;
    return firstOf(Object.entries(shapes).map(([key, shape]) => optional(shape)(value[key], `${path}.${key}`)));
  };
}

/** A list, or else what `other` is for. */
function listOr(item: Shape, other: Shape): Shape {
  return (value, path) => (Array.isArray(value) ? listOf(item)(value, path) : other(value, path));
}

/** A mapping, or else what `other` is for. */
function mappingOr(mapping: Shape, other: Shape): Shape {
  return (value, path) => (isMapping(value) ? mapping(value, path) : other(value, path));
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

const command = listOr(text, text);
const settings = listOr(text, mappingOf(setting));

const SERVICE = group({
  image: text,
  build: mappingOr(
    group({
      context: text,
      dockerfile: text,
      dockerfile_inline: text,
      args: settings,
      target: text,
      additional_contexts: settings,
    }),
    text,
  ),
  container_name: text,
  command,
  entrypoint: command,
  ports: listOf(
    mappingOr(group({ target: number, published: number, protocol: text, mode: text, host_ip: text }), number),
  ),
  expose: listOf(number),
  environment: settings,
  env_file: listOr(mappingOr(group({ path: text }), text), text),
  depends_on: listOr(text, mappingOf(optional(group({ condition: text, required: flag })))),
  links: listOf(text),
  restart: text,
  volumes: listOf(mappingOr(group({ type: text, source: text, target: text, read_only: flag }), text)),
  tmpfs: listOr(text, text),
  network_mode: text,
  scale: number,
  healthcheck: group({
    test: command,
    interval: text,
    timeout: text,
    retries: number,
    start_period: text,
    start_interval: text,
    disable: flag,
  }),
  profiles: listOf(text),
  secrets: listOf(mappingOr(group({ source: text, target: text }), text)),
  configs: listOf(mappingOr(group({ source: text, target: text }), text)),
  extra_hosts: listOr(text, mappingOf(listOr(text, text))),
  logging: group({ driver: text, options: mappingOf(setting) }),
  deploy: group({
    replicas: number,
    mode: text,
    labels: settings,
    resources: group({
      limits: group({ cpus: number, memory: text }),
      reservations: group({ cpus: number, memory: text }),
    }),
  }),
  labels: settings,
  mem_limit: number,
  hostname: text,
  working_dir: text,
  user: text,
  stop_grace_period: text,
  stop_signal: text,
  tty: flag,
  stdin_open: flag,
  init: flag,
  networks: listOr(text, mappingOf(optional(group({ aliases: listOf(text) })))),
});

/** What is wrong with the shape of a service at `path`, in compose's words; undefined: nothing. */
export function misshapen(service: unknown, path: string): string | undefined {
  return SERVICE(service, path);
}
