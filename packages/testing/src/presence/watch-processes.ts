import { readdir, readFile } from 'node:fs/promises';
import { type Change, presence } from './presence.ts';
import type { Watch } from './watch-project.ts';

/** Milliseconds between two looks; what is shorter is not seen. */
const EVERY = 25;

/**
 * The same as `watchProject` by the processes of the kernel, for when the engine itself is away or forgets: those in a
 * control group below `group`, by the variable of their environment that names their service.
 */
export function watchProcesses(group: string, variable: string): Watch {
  const changes = new Map<string, Change[]>();
  let running = new Map<string, string>();
  const look = async (): Promise<void> => {
    const now = await containersOf(group, variable, running);
    const note = (id: string, service: string, isRunning: boolean) =>
      changes.set(service, [
        ...(changes.get(service) ?? []),
        { at: Date.now(), container: id, running: isRunning },
      ]);
    for (const [id, service] of now) if (!running.has(id)) note(id, service, true);
    for (const [id, service] of running) if (!now.has(id)) note(id, service, false);
    running = now;
  };
  let open = true;
  const lookOn = async (): Promise<void> => {
    await look();
    if (open) setTimeout(lookOn, EVERY);
  };
  void lookOn();
  return {
    killed: [],
    presence: (service) => presence(changes.get(service) ?? [], Date.now()),
    close: () => {
      open = false;
    },
  };
}

/** Service by id of each container that has a process now; those that are known already are not asked again. */
async function containersOf(
  group: string,
  variable: string,
  known: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const isOf = new RegExp(`/${group}/([0-9a-f]{64})`);
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  await Promise.all(
    pids.map(async (pid) => {
      const [, id] = isOf.exec(await read(pid, 'cgroup')) ?? [];
      if (id === undefined) return;
      // Until its program runs, a process of a container has the environment of the runtime.
      const service = known.get(id) ?? variableOf(await read(pid, 'environ'), variable);
      if (service !== undefined) found.set(id, service);
    }),
  );
  return found;
}

const variableOf = (environ: string, variable: string): string | undefined =>
  environ
    .split('\0')
    .find((each) => each.startsWith(`${variable}=`))
    ?.slice(variable.length + 1);

/** Empty when the process has ended. */
const read = (pid: string, file: string): Promise<string> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
