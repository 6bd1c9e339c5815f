import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { imageNames } from './catalog.ts';
import { answers, findEngine } from './detect.ts';
import { privateHost, stateFolder } from './paths.ts';
import { clientEnvironment } from './tools.ts';

/** One line about which engine would be used, one about the private one, one per image of the project. */
export async function status(): Promise<string> {
  const found = await findEngine();
  const runs = await answers(privateHost);
  const lines = [
    found ? `existing engine: ${found.host ?? 'the current context'}` : 'existing engine: none',
    `private engine: ${runs ? `runs at ${privateHost}` : existsSync(stateFolder) ? 'stopped' : 'none'}`,
  ];
  if (!found && !runs) return lines.join('\n');
  const env = await clientEnvironment(found ? found.host : privateHost);
  const format = '{{.Repository}}:{{.Tag}} {{.Size}}';
  const { stdout } = await execa('docker', ['image', 'ls', '--format', format], { env });
  const sizes = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  return [...lines, ...imageNames.map((name) => `${name}: ${sizes.get(name) ?? 'missing'}`)].join('\n');
}
