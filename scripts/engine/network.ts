import { readFile, writeFile } from 'node:fs/promises';
import { beforeFile, bridgeName } from './paths.ts';
import { type Scene, shell } from './step.ts';

/** Private /16 ranges to give container networks addresses from, the first that no route of the machine touches. */
const candidates = ['10.213', '10.97', '172.29', '10.171', '192.168'];
const forwardingFile = '/proc/sys/net/ipv4/ip_forward';

interface Route {
  readonly dst: string;
  readonly dev: string;
}
interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly addr_info?: readonly { readonly local: string }[];
}

/** What the engine changes in the machine's firewall beyond its own rules, to be put back. */
interface Before {
  readonly forwarding: string;
  readonly accepts: boolean;
}

export interface NetworkPlan {
  readonly prefix: string;
  readonly mtu: number;
}

/** Reads routes and the mtu of the way out, and picks addresses that clash with nothing. */
export async function planNetwork(scene: Scene): Promise<NetworkPlan> {
  const routes = await ip<Route>(scene, 'route', 'show', 'table', 'all');
  const links = await ip<Link>(scene, 'link', 'show');
  const taken = routes.map(({ dst }) => range(dst)).filter((each) => each !== undefined);
  const free = candidates.find((prefix) => !taken.some((each) => overlaps(each, range(`${prefix}.0.0/16`))));
  const way = routes.find(({ dst }) => dst === 'default')?.dev;
  return {
    prefix: free ?? candidates[0] ?? '',
    mtu: links.find(({ ifname }) => ifname === way)?.mtu ?? 1500,
  };
}

/** A default bridge of our own: docker0 may belong to an engine that is merely stopped. */
export async function raiseBridge(scene: Scene, { prefix, mtu }: NetworkPlan): Promise<void> {
  const run = shell(scene);
  const present = (await ip<Link>(scene, 'link', 'show')).some(({ ifname }) => ifname === bridgeName);
  if (!present) await run('ip', ['link', 'add', bridgeName, 'type', 'bridge']);
  await run('ip', ['address', 'replace', `${prefix}.0.1/24`, 'dev', bridgeName]);
  await run('ip', ['link', 'set', bridgeName, 'mtu', String(mtu), 'up']);
}

/** Keeps what the firewall was like before the engine first started since the machine did. */
export async function rememberFirewall(scene: Scene): Promise<void> {
  const { stdout } = await shell(scene)('iptables', ['-S', 'FORWARD']);
  const before: Before = {
    forwarding: (await readFile(forwardingFile, 'utf8')).trim(),
    accepts: stdout.includes('-P FORWARD ACCEPT'),
  };
  await writeFile(beforeFile, JSON.stringify(before), { flag: 'wx' }).catch(() => undefined);
}

/** Removes our bridges and rules. Chains named DOCKER are shared: they stay while another engine runs. */
export async function clearNetwork(
  scene: Scene,
  { prefix }: { prefix: string },
  alone: boolean,
): Promise<void> {
  const links = await ip<Link>(scene, 'address', 'show', 'type', 'bridge');
  const ours = links.filter(({ addr_info }) =>
    addr_info?.some(({ local }) => local.startsWith(`${prefix}.`)),
  );
  for (const { ifname } of ours) await shell(scene)('ip', ['link', 'delete', ifname]);
  const names = [...ours.map(({ ifname }) => ifname), bridgeName, `${prefix.replace('.', '\\.')}\\.`];
  const before = await readFile(beforeFile, 'utf8').then(
    (text) => JSON.parse(text) as Before,
    () => undefined,
  );
  await dropRules(
    scene,
    new RegExp([...names, ...(alone ? ['DOCKER'] : [])].join('|')),
    alone && before?.accepts === true,
  );
  if (alone && before) await writeFile(forwardingFile, before.forwarding);
}

async function dropRules(scene: Scene, unwanted: RegExp, accept: boolean): Promise<void> {
  const { stdout } = await shell(scene)('iptables-save');
  if (!unwanted.test(stdout)) return;
  const kept = stdout.split('\n').filter((line) => !unwanted.test(line));
  const rules = kept.map((line) => (accept ? line.replace(/^:FORWARD DROP/, ':FORWARD ACCEPT') : line));
  await shell(scene)('iptables-restore', { input: `${rules.join('\n')}\n` });
}

async function ip<T>(scene: Scene, ...words: string[]): Promise<T[]> {
  const { stdout } = await shell(scene)('ip', ['-json', '-4', ...words]);
  return JSON.parse(stdout || '[]') as T[];
}

function range(cidr: string): [first: number, last: number] | undefined {
  const [address = '', bits = '32'] = cidr.split('/');
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4) return undefined;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

const overlaps = (a: [number, number], b: [number, number] | undefined): boolean =>
  b !== undefined && a[0] <= b[1] && b[0] <= a[1];
