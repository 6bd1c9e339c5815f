import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker.ts';
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

  it('is reached with the files of the current docker context', async () => {
    const context = {
      Endpoints: { docker: { Host: host } },
      TLSMaterial: { docker: ['ca.pem', 'cert.pem', 'key.pem'] },
      Storage: { TLSPath: folder },
    };
    await using _ = await fakeDocker({ command: `echo '${JSON.stringify([context])}'` });
    vi.stubEnv('DOCKER_HOST', undefined);
    expect(String(await (await connectDocker()).ping())).toBe('OK');
    vi.unstubAllEnvs();
  });
});
