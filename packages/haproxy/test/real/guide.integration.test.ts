import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSIONS } from '../support/real-haproxy.ts';

const run = promisify(execFile);
const guide = await readFile(new URL('../../../../docs/haproxy.md', import.meta.url), 'utf8');
const configs = Array.from(guide.matchAll(/```haproxy\n([\s\S]*?)```/g), ([, text = '']) => text);

describe.each(VERSIONS)('docs/haproxy.md, read by HAProxy %s', (version) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cutover-haproxy-guide-'));
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'maps'));
    await writeFile(join(folder, 'maps/live.map'), 'live be_blue\n');
    await Promise.all(configs.map((text, at) => writeFile(join(folder, `${at}.cfg`), text)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has the three configurations', () => expect(configs).toHaveLength(3));

  it.each(configs.map((_, at) => at))('accepts configuration %i', async (at) => {
    const { stderr, stdout } = await run('docker', [
      ...[
        'run',
        '--rm',
        '--env',
        'HAPROXY_STATS_PASSWORD=generated',
        '--volume',
        `${folder}:/etc/haproxy:ro`,
      ],
      // The names of the guide, as Compose would give them.
      ...['--add-host', 'ecomweb_api_blue:127.0.0.1', '--add-host', 'ecomweb_api_green:127.0.0.1'],
      ...[`haproxy:${version}`, 'haproxy', '-c', '-f', `/etc/haproxy/${at}.cfg`],
    ]);
    // 2.6 warns of a state file that nobody has written yet, as the guide says.
    const said = (stderr + stdout)
      .split('\n')
      .filter((text) => !text.includes("Can't open global server state file"));
    expect(said.join('\n')).not.toMatch(/ALERT|WARNING/);
  });
});
