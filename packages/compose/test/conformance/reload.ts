import { createMasterClient } from '@cutover/haproxy';
import { expect } from 'vitest';
import type { RealHaproxy } from '../../../haproxy/test/support/real-haproxy.ts';

/** Until the new worker answers: the socket of the old one does for a moment still. */
export async function reloadAndWait(haproxy: RealHaproxy): Promise<void> {
  const pid = async () => {
    await using client = haproxy.client();
    return (await client.showInfo()).pid;
  };
  const before = await pid();
  // Over its socket the master answers when it is through: a signal that comes meanwhile is lost.
  expect(await createMasterClient({ address: haproxy.master }).reload()).toMatchObject({ success: true });
  for (;;) if ((await pid().catch(() => before)) !== before) return;
}
