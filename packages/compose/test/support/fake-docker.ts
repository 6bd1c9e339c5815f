import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A folder with a docker command and an engine of one's own, which this process talks to until it is disposed. */
export interface FakeDocker extends AsyncDisposable {
  readonly folder: string;
}

/** `command` is a shell script, `engine` what answers on the socket. */
export async function fakeDocker({
  command = 'exec sleep 1000',
  engine = () => {},
}: {
  command?: string;
  engine?: RequestListener;
} = {}): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-docker-'));
  const socket = join(folder, 'engine.sock');
  await writeFile(join(folder, 'docker'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  const server = createServer(engine);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const { PATH, DOCKER_HOST } = process.env;
  process.env.PATH = `${folder}${delimiter}${PATH}`;
  process.env.DOCKER_HOST = `unix://${socket}`;
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      process.env.PATH = PATH;
      if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = DOCKER_HOST;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** An engine that answers these paths with JSON, and all others with 404. */
export const answering =
  (answers: Readonly<Record<string, () => unknown>>): RequestListener =>
  ({ url = '' }, response) => {
    const answer = answers[url.replace(/\?.*$/, '')]?.();
    response.statusCode = answer === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer ?? { message: 'none' }));
  };
