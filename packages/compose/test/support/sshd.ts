import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { systemClock } from '@cutover/internal';
import { freePorts } from '@cutover/testing';
import { execa } from 'execa';
import { ensureTool } from '../../../../scripts/engine/ensure.ts';

/** A real sshd on loopback, which lets root in by a key, with the engine's socket in a place of its own. */
export interface Sshd extends AsyncDisposable {
  readonly folder: string;
  /** For DOCKER_HOST. */
  readonly host: string;
  /** What lets `ssh` log in there. */
  readonly env: Readonly<Record<string, string>>;
}

/** Only as root on Debian, with an engine at a socket. */
export async function startSshd(engineSocket: string): Promise<Sshd> {
  const tool = await ensureTool('openssh-server');
  const folder = await mkdtemp(join(tmpdir(), 'cutover-sshd-'));
  const [port] = await freePorts(1);
  for (const name of ['host', 'user'])
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  await writeFile(
    join(folder, 'passwd'),
    `${await readFile('/etc/passwd', 'utf8')}sshd:x:65533:65534::/:/bin/false\n`,
  );
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'docker.sock'), '');
  await writeFile(join(folder, 'sshd_config'), sshdConfig(folder, port as number));
  await writeFile(join(folder, 'ssh_config'), sshConfig(folder));
  await writeFile(join(folder, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/ssh_config "$@"\n`);
  await chmod(join(folder, 'ssh'), 0o755);
  // What sshd wants of the machine, a user and a folder, it sees alone; and all that it starts ends with it.
  const script = `
    set -e
    mount --bind ${folder}/passwd /etc/passwd
    mount --bind ${engineSocket} ${folder}/docker.sock
    mount -t tmpfs tmpfs /run
    mkdir /run/sshd
    exec $(command -v sshd) -D -e -f ${folder}/sshd_config`;
  const sshd = execa('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script], {
    env: tool,
    reject: false,
  });
  const dispose = async () => {
    sshd.kill('SIGKILL');
    await sshd;
    await rm(folder, { recursive: true });
  };
  try {
    await untilListening(port as number, sshd);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    folder,
    host: `ssh://root@127.0.0.1:${port}${folder}/docker.sock`,
    env: { PATH: `${folder}${delimiter}${process.env.PATH}`, HOME: join(folder, 'home') },
    [Symbol.asyncDispose]: dispose,
  };
}

const sshdConfig = (folder: string, port: number) => `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/user.pub
PidFile none
StrictModes no
UsePAM no
`;

const sshConfig = (folder: string) => `
Host *
  IdentityFile ${folder}/user
  UserKnownHostsFile ${folder}/known_hosts
  StrictHostKeyChecking accept-new
`;

async function untilListening(port: number, sshd: PromiseLike<{ stderr: string }>): Promise<void> {
  let ended: string | undefined;
  sshd.then(({ stderr }) => {
    ended = stderr;
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) =>
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false)),
    );
    socket.destroy();
    if (isOpen) return;
    if (ended !== undefined) throw new Error(`sshd has ended: ${ended}`);
    await systemClock.sleep(50);
  }
}
