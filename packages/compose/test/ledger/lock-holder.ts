import { DeployError } from '../../src/domain/errors.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import { engineLedger } from '../../src/ledger/engine-ledger.ts';

/**
 * A process that wants the lock of a project: it says `held` or why not, `still held` when it is asked, and gives the
 * lock back when its input ends.
 */
const [project = ''] = process.argv.slice(2);
const ledger = engineLedger({ docker: connectDocker, project: async () => project });
try {
  const lock = await ledger.acquire('deploy of 2');
  console.log('held');
  for await (const _ of process.stdin) {
    await lock.confirm();
    await lock.append({ type: 'undo', reason: 'asked to' });
    console.log('still held');
  }
  await lock.release();
} catch (error) {
  console.log(error instanceof DeployError ? `${error.code}: ${error.message}` : String(error));
}
