import { execa } from 'execa';

/** Removes lock and journal of a project. */
export async function removeNotes(project: string): Promise<void> {
  const filter = `label=dev.cutover.project=${project}`;
  const { stdout } = await execa('docker', ['volume', 'ls', '--quiet', '--filter', filter]);
  if (stdout) await execa('docker', ['volume', 'rm', ...stdout.split('\n')]);
}
