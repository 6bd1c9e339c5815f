import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { uniqueName } from '@cutover/testing';
import { execa } from 'execa';
import { tarOf } from './tar.ts';

/** A registry on loopback with one tag, which an engine on this machine may pull without TLS. */
export interface TestRegistry extends AsyncDisposable {
  /** The name of its image, with the tag. */
  readonly image: string;
  /** Moves the tag to a new image of so many layers. */
  push(layers: number): void;
  /** From now on it takes requests and never answers. */
  fallSilent(): void;
}

const OCI = 'application/vnd.oci.image';
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function startRegistry(): Promise<TestRegistry> {
  const name = uniqueName('pull');
  const blobs = new Map<string, Buffer>();
  let manifest = Buffer.alloc(0);
  let silent = false;
  const keep = (bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const server = createServer(({ url = '' }, response) => {
    if (silent) return;
    if (url === '/v2/') return response.end('{}');
    const [, kind, wanted = ''] = /\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (kind === 'blobs') return response.end(blobs.get(wanted));
    const headers = { 'content-type': `${OCI}.manifest.v1+json`, 'content-length': manifest.length };
    response.writeHead(200, { ...headers, 'docker-content-digest': digestOf(manifest) }).end(manifest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const image = `127.0.0.1:${(server.address() as AddressInfo).port}/${name}:1`;
  const pulled: string[] = [];
  return {
    image,
    push: (count) => {
      const tars = Array.from({ length: count }, (_, index) =>
        Buffer.from(tarOf(`${index}`, uniqueName('layer'))),
      );
      const layers = tars.map((tar) => ({ mediaType: `${OCI}.layer.v1.tar+gzip`, ...keep(gzipSync(tar)) }));
      const architecture = { x64: 'amd64' }[process.arch as string] ?? process.arch;
      const rootfs = { type: 'layers', diff_ids: tars.map(digestOf) };
      const config = keep(Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs })));
      const parts = { config: { mediaType: `${OCI}.config.v1+json`, ...config }, layers };
      manifest = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, ...parts }),
      );
      pulled.push(config.digest);
    },
    fallSilent: () => {
      silent = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await execa('docker', ['image', 'rm', '--force', image, ...pulled], { reject: false });
    },
  };
}
