import { type AnyTask, type Stage, task } from "../../engine/task.ts";
import { serviceLinks } from "../../kinds/ecs/service-links.ts";
import { httpNamespace } from "../../kinds/servicediscovery/http-namespace.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { fargateCost } from "../prices.ts";
import { backEnd, backEndGroup, calledAs, type Namespace } from "./back-end.ts";
import { catalogStore } from "./catalog-store.ts";
import type { Shop } from "./fundamentals.ts";
import type { Network } from "./network.ts";
import { CONTAINER } from "./shop-task.ts";
import { ENDPOINTS } from "./ui.ts";

/** What later stages need of this one. */
export interface Mesh {
  readonly namespace: Namespace;
  /** The user interface with the back ends that it has so far. */
  readonly linked: AnyTask;
}

/** The lab "Networking": pictures and goods as services of their own, which the user interface calls by name. */
export function serviceConnect(
  variables: RetailVariables,
  { region, target }: Place,
  network: Network,
  shop: Shop,
): Stage & { readonly made: Mesh } {
  const { assets, catalog, ui, cluster } = variables;
  const { namespace: name } = variables.serviceConnect;
  const home = task("namespace", `namespace ${name}`, httpNamespace, { name });
  const namespace = home.out(({ arn }) => ({ name, arn }));
  const around = { network, shop, nat: variables.network.nat, region, cluster: cluster.name, namespace };
  const picturesGroup = backEndGroup({ ...around, host: "assets", settings: assets });
  const pictures = backEnd({
    ...around,
    host: "assets",
    settings: assets,
    group: picturesGroup.out(({ groupId }) => groupId),
    healthPath: "/health.html",
  });

  const goodsGroup = backEndGroup({ ...around, host: "catalog", settings: catalog });
  const store = catalogStore(
    variables,
    { region, target },
    network,
    goodsGroup.out(({ groupId }) => groupId),
  );
  const goods = backEnd({
    ...around,
    host: "catalog",
    settings: catalog,
    group: goodsGroup.out(({ groupId }) => groupId),
    healthPath: "/health",
    executionRole: store.executionRole,
    environment: store.environment,
    secrets: store.secrets,
    after: store.after,
  });

  const linked = task(
    "ui-links",
    `service ${ui.name} with ${assets.name} and ${catalog.name}`,
    serviceLinks,
    {
      cluster: cluster.name,
      name: ui.name,
      container: CONTAINER,
      environment: { [ENDPOINTS.assets]: "http://assets", [ENDPOINTS.catalog]: "http://catalog" },
      serviceConnect: { namespace, services: [calledAs("ui")] },
      calls: [assets.name, catalog.name],
    },
    // Its tasks know the names of those that were there before them, and of nobody else.
    [shop.ui, pictures.service, goods.service],
  );

  const isPublic = variables.network.nat === "none";
  return {
    made: { namespace, linked },
    name: "service-connect",
    title: `SERVICE-CONNECT: pictures and goods as services that the shop calls by name; the goods ${store.where}`,
    tasks: [home, picturesGroup, ...pictures.tasks, goodsGroup, ...store.tasks, ...goods.tasks, linked],
    accountWide: ["roles.catalogExecution"],
    outputs: { namespace: home.out(() => name) },
    services: [pictures.deployed, goods.deployed],
    costs: [
      fargateCost(`tasks of ${assets.name}`, assets.desiredCount, { ...assets, isPublic }),
      fargateCost(`tasks of ${catalog.name}`, catalog.desiredCount, { ...catalog, isPublic }),
      ...store.costs,
    ],
  };
}
