import { bridgeName } from './paths.ts';
import { type Scene, shell } from './step.ts';

/** Private /16 ranges to give container networks addresses from, the first that no route of the machine touches. */
const candidates = ['10.213', '10.97', '172.29', '10.171', '192.168'] as const;

interface Route {
  readonly dst: string;
  readonly dev: string;
}
interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly addr_info?: readonly { readonly local: string }[];
}

export interface NetworkPlan {
  readonly prefix: string;
  readonly mtu: number;
}

/** Reads routes and the mtu of the way out, and picks addresses that clash with nothing. */
export async function planNetwork(scene: Scene): Promise<NetworkPlan> {
  const routes = await ip<Route>(scene, 'route', 'show', 'table', 'all');
  const links = await ip<Link>(scene, 'link', 'show');
  const way = routes.find(({ dst }) => dst === 'default')?.dev;
  return {
    prefix: freePrefix(routes.map(({ dst }) => dst)),
    mtu: links.find(({ ifname }) => ifname === way)?.mtu ?? 1500,
  };
}

/** The first of our ranges that none of these destinations overlaps; the first of all when every one is taken. */
export function freePrefix(destinations: readonly string[]): string {
  const taken = destinations.map(range).filter((each) => each !== undefined);
  const isFree = (prefix: string) => !taken.some((each) => overlaps(each, range(`${prefix}.0.0/16`)));
  return candidates.find(isFree) ?? candidates[0];
}

/** A default bridge of our own: docker0 may belong to an engine that is merely stopped. */
export async function raiseBridge(scene: Scene, { prefix, mtu }: NetworkPlan): Promise<void> {
  const run = shell(scene);
  const present = (await ip<Link>(scene, 'link', 'show')).some(({ ifname }) => ifname === bridgeName);
  if (!present) await run('ip', ['link', 'add', bridgeName, 'type', 'bridge']);
  await run('ip', ['address', 'replace', `${prefix}.0.1/24`, 'dev', bridgeName]);
  await run('ip', ['link', 'set', bridgeName, 'mtu', String(mtu), 'up']);
}

/** Removes every bridge that has an address of ours, and tells their names. */
export async function lowerBridges(scene: Scene, { prefix }: Pick<NetworkPlan, 'prefix'>): Promise<string[]> {
  const links = await ip<Link>(scene, 'address', 'show', 'type', 'bridge');
  const ours = links.filter(({ addr_info }) =>
    addr_info?.some(({ local }) => local.startsWith(`${prefix}.`)),
  );
  for (const { ifname } of ours) await shell(scene)('ip', ['link', 'delete', ifname]);
  return ours.map(({ ifname }) => ifname);
}

/** A network namespace with a route to it from this machine: its networks are within `prefix`. */
export interface Room extends NetworkPlan {
  readonly name: string;
}

/** Forwards from the start: the engine would forbid it for what it has not published. */
export async function enterRoom(scene: Scene, { name, prefix, mtu }: Room): Promise<void> {
  const run = shell(scene);
  const [outer, inner] = [`${name}a`, `${name}b`];
  await run('ip', ['netns', 'add', name]);
  await run('ip', [
    'link',
    'add',
    outer,
    'mtu',
    String(mtu),
    'type',
    'veth',
    'peer',
    'name',
    inner,
    'mtu',
    String(mtu),
    'netns',
    name,
  ]);
  await run('ip', ['address', 'add', `${prefix}.0.1/24`, 'dev', outer]);
  await run('ip', ['link', 'set', outer, 'up']);
  await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  await run('ip', ['-n', name, 'address', 'add', `${prefix}.0.2/24`, 'dev', inner]);
  await run('ip', ['-n', name, 'link', 'set', inner, 'up']);
  await run('ip', ['-n', name, 'route', 'add', 'default', 'via', `${prefix}.0.1`]);
  await run('ip', ['route', 'add', `${prefix}.128.0/17`, 'via', `${prefix}.0.2`]);
  await run('ip', ['netns', 'exec', name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** Takes the route and the link with it. */
export async function removeRoom(scene: Scene, { name }: Room): Promise<void> {
  const run = shell(scene)({ reject: false });
  await run('ip', ['link', 'delete', `${name}a`]);
  await run('ip', ['netns', 'delete', name]);
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
