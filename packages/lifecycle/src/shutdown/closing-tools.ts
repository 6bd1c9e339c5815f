import type { Clock } from '@cutover/internal';
import { callAndWait } from '../closables/call-and-wait.ts';
import type { ClosingTools } from '../closables/closable.ts';
import type { Methods } from '../closables/methods.ts';
import { ServerDrain } from '../drain/server-drain.ts';
import { closeWebSockets } from '../drain/web-sockets.ts';
import type { Budget } from './budget.ts';

/** Closes servers that are added as a step, like those of the options. */
export const closingTools = ({ lameDuck }: Budget, clock: Clock): ClosingTools => ({
  clock,
  drainServer: (server) => {
    const drain = new ServerDrain(server);
    return {
      phase: 'drain',
      close: ({ signal, remaining }) => {
        drain.refuse();
        return drain.drain({ lameDuck, clock, signal, remaining });
      },
      pending: () => drain.pending(),
      dispose: () => drain.dispose(),
    };
  },
  closeWebSockets: (server) => ({
    phase: 'drain',
    close: async (context) => {
      // It accepts no more connections from now on, and is closed when the existing ones are gone.
      const closed = callAndWait(server as unknown as Methods, 'close', context, clock);
      await closeWebSockets(server, { window: lameDuck, clock, signal: context.signal });
      await closed;
    },
  }),
});
