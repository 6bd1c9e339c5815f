import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { uniqueName } from '@cutover/testing';
import { execa } from 'execa';
import { tarOf } from './tar.ts';

/** A registry on loopback, from which an engine on this machine may pull without TLS, and to which it may push. */
export interface TestRegistry extends AsyncDisposable {
  /** The name of its images, without a tag. */
  readonly repository: string;
  /** Its image with the tag that {@link push} moves. */
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
  const store = new Store();
  let silent = false;
  const server = createServer(async (request, response) => {
    if (silent) return;
    const { status, headers, body } = await store.answer(request);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const repository = `127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
  const image = `${repository}:1`;
  const pulled: string[] = [];
  return {
    repository,
    image,
    push: (count) => {
      const tars = Array.from({ length: count }, (_, index) =>
        Buffer.from(tarOf(`${index}`, uniqueName('layer'))),
      );
      const layers = tars.map((tar) => ({
        mediaType: `${OCI}.layer.v1.tar+gzip`,
        ...store.keep(gzipSync(tar)),
      }));
      const architecture = { x64: 'amd64' }[process.arch as string] ?? process.arch;
      const rootfs = { type: 'layers', diff_ids: tars.map(digestOf) };
      const config = store.keep(
        Buffer.from(JSON.stringify({ architecture, os: 'linux', config: {}, rootfs })),
      );
      const parts = { config: { mediaType: `${OCI}.config.v1+json`, ...config }, layers };
      const mediaType = `${OCI}.manifest.v1+json`;
      store.tag('1', Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...parts })));
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

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string | number>;
  readonly body?: Buffer | string;
}

/** What a registry has, and as much of its protocol as `docker pull` and `docker push` speak. */
class Store {
  readonly #blobs = new Map<string, Buffer>();
  /** Digests of manifests. */
  readonly #tags = new Map<string, string>();
  readonly #uploads = new Map<string, Buffer>();

  keep(bytes: Buffer): { digest: string; size: number } {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  tag(name: string, manifest: Buffer): string {
    const { digest } = this.keep(manifest);
    this.#tags.set(name, digest);
    return digest;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { method, url = '' } = request;
    if (url === '/v2/') return { status: 200, body: '{}' };
    const [, kind, wanted = ''] = /\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(url) ?? [];
    if (kind === 'blobs/uploads') return this.#upload(method, url, wanted, await buffer(request));
    if (method === 'PUT') return created(this.tag(wanted, await buffer(request)));
    return this.#read(this.#tags.get(wanted) ?? wanted, kind === 'manifests');
  }

  #read(digest: string, isManifest: boolean): Answer {
    const body = this.#blobs.get(digest);
    if (!body) return { status: 404 };
    const type = isManifest ? JSON.parse(body.toString()).mediaType : 'application/octet-stream';
    const headers = { 'content-type': type, 'content-length': body.length, 'docker-content-digest': digest };
    return { status: 200, headers, body };
  }

  /** An upload is begun by POST, sent by PATCH, and ended by PUT, which names the digest. */
  #upload(method: string | undefined, url: string, wanted: string, sent: Buffer): Answer {
    const id = method === 'POST' ? uniqueName('upload') : wanted.replace(/\?.*/, '');
    const bytes = Buffer.concat([this.#uploads.get(id) ?? Buffer.alloc(0), sent]);
    this.#uploads.set(id, bytes);
    const location = `${url.replace(/uploads\/.*/, 'uploads/')}${id}`;
    if (method !== 'PUT')
      return { status: 202, headers: { location, range: `0-${bytes.length - 1}`, 'docker-upload-uuid': id } };
    this.#uploads.delete(id);
    return created(this.keep(bytes).digest);
  }
}

const created = (digest: string): Answer => ({ status: 201, headers: { 'docker-content-digest': digest } });
