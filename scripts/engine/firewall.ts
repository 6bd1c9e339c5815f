import { readFile, writeFile } from 'node:fs/promises';
import { beforeFile } from './paths.ts';
import { type Scene, shell } from './step.ts';

const forwardingFile = '/proc/sys/net/ipv4/ip_forward';

/** What the engine changes in the machine's firewall beyond its own rules, to be put back. */
interface Before {
  readonly forwarding: string;
  readonly accepts: boolean;
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

/** Removes the rules that name any of our words. Chains named DOCKER are shared: they stay while another engine runs. */
export async function clearFirewall(scene: Scene, words: readonly string[], alone: boolean): Promise<void> {
  const before = await readFile(beforeFile, 'utf8').then(
    (text) => JSON.parse(text) as Before,
    () => undefined,
  );
  const unwanted = alone ? [...words, 'DOCKER'] : words;
  const { stdout: rules } = await shell(scene)('iptables-save');
  const kept = rules.split('\n').filter((line) => !unwanted.some((word) => line.includes(word)));
  const text =
    alone && before?.accepts
      ? kept.join('\n').replace(/^:FORWARD DROP/m, ':FORWARD ACCEPT')
      : kept.join('\n');
  if (text !== rules) await shell(scene)('iptables-restore', { input: `${text}\n` });
  if (alone && before) await writeFile(forwardingFile, before.forwarding);
}
