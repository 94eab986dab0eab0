/** Where Container Insights writes what the tasks of a cluster use. (ECS Developer Guide, "Container Insights") */
export function performanceLogGroup(cluster: string): string {
  return `/aws/ecs/containerinsights/${cluster}/performance`;
}
