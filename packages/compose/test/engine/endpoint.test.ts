import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assertReachable, connectDocker } from '../../src/engine/docker.ts';
import { fakeDocker } from '../support/fake-docker.ts';

describe('an engine that demands a certificate', () => {
  const { key, cert } = makeCertificate();
  const server = createServer(
    { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
    (_, response) => response.end('OK'),
  );
  let folder: string;
  let host: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cutover-tls-'));
    await mkdir(join(folder, 'docker'));
    for (const [name, text] of Object.entries({ ca: cert, cert, key })) {
      await writeFile(join(folder, `${name}.pem`), text);
      await writeFile(join(folder, 'docker', `${name}.pem`), text);
    }
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('is reached with the files of DOCKER_CERT_PATH', async () => {
    vi.stubEnv('DOCKER_HOST', host);
    vi.stubEnv('DOCKER_TLS_VERIFY', '1');
    vi.stubEnv('DOCKER_CERT_PATH', folder);
    expect(String(await (await connectDocker()).ping())).toBe('OK');
    vi.unstubAllEnvs();
  });

  const all = ['ca.pem', 'cert.pem', 'key.pem'];
  const contextOf = (TLSPath: string, docker: readonly string[] | null) => {
    const context = { Endpoints: { docker: { Host: host } }, TLSMaterial: { docker }, Storage: { TLSPath } };
    return fakeDocker({ command: `echo '${JSON.stringify([context])}'` });
  };

  it('is reached with the files of the current docker context', async () => {
    await using _ = await contextOf(folder, all);
    vi.stubEnv('DOCKER_HOST', undefined);
    expect(String(await (await connectDocker()).ping())).toBe('OK');
    vi.unstubAllEnvs();
  });

  // Null is what `docker context inspect` prints where all files are gone.
  it.each<[string, readonly string[] | null, readonly string[]]>([
    ['ca.pem', null, []],
    ['ca.pem', all, ['cert.pem', 'key.pem']],
    ['cert.pem', all, ['ca.pem', 'key.pem']],
    ['key.pem', ['ca.pem', 'cert.pem'], ['ca.pem', 'cert.pem']],
    ['cert.pem', ['ca.pem', 'key.pem'], ['ca.pem', 'key.pem']],
  ])('is not asked where %s of the context is lost, and the file is named', async (lost, listed, left) => {
    const broken = await mkdtemp(join(folder, 'lost-'));
    await mkdir(join(broken, 'docker'));
    for (const file of left) await cp(join(folder, file), join(broken, 'docker', file));
    await using _ = await contextOf(broken, listed);
    vi.stubEnv('DOCKER_HOST', undefined);
    await expect(connectDocker()).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining(`over TLS, and ${join(broken, 'docker', lost)} cannot be read`),
    });
    vi.unstubAllEnvs();
  });

  it('is not asked where DOCKER_CERT_PATH has no authority', async () => {
    vi.stubEnv('DOCKER_HOST', host);
    vi.stubEnv('DOCKER_TLS_VERIFY', '1');
    vi.stubEnv('DOCKER_CERT_PATH', join(folder, 'nowhere'));
    await expect(connectDocker()).rejects.toThrow(`${join(folder, 'nowhere/ca.pem')} cannot be read`);
    vi.unstubAllEnvs();
  });

  it('says that it wants TLS where it is asked without', async () => {
    await using _ = await fakeDocker({
      engine: (_, response) =>
        response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    });
    await expect(assertReachable(await connectDocker())).rejects.toThrow(
      'it wants TLS, and no files for that',
    );
  });
});
