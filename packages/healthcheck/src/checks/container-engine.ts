/** What is needed of an engine: the answers of its HTTP API to two questions. Dockerode's Docker fits. */
export interface ContainerEngine {
  getContainer(id: string): { inspect(): Promise<unknown> };
  listContainers(options: {
    all: boolean;
    filters: Record<string, string[]>;
  }): Promise<readonly { Id: string }[]>;
}
