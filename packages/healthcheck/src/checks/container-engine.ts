/** The needed part of an engine: two requests of its HTTP API. Dockerode's Docker fits. */
export interface ContainerEngine {
  getContainer(id: string): { inspect(): Promise<unknown> };
  listContainers(options: {
    all: boolean;
    filters: Record<string, string[]>;
  }): Promise<readonly { Id: string }[]>;
}
