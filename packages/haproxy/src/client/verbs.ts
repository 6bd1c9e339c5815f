import { doctor } from '../verbs/doctor.ts';
import { drain } from '../verbs/drain.ts';
import { drainBackend } from '../verbs/drain-backend.ts';
import { health } from '../verbs/health.ts';
import { close, open } from '../verbs/open.ts';
import { persistMap, persistServerState } from '../verbs/persist.ts';
import { reconcile } from '../verbs/reconcile.ts';
import { setAddress } from '../verbs/set-address.ts';
import { fenceMap, switchMap } from '../verbs/switch-map.ts';
import { switchServers } from '../verbs/switch-servers.ts';
import { waitBackendRemovable, waitServerRemovable } from '../verbs/wait-removable.ts';
import { warm } from '../verbs/warm.ts';

/** The verbs that are methods of a client. */
export const VERBS = {
  warm,
  open,
  drain,
  drainBackend,
  waitServerRemovable,
  waitBackendRemovable,
  closeServer: close,
  switchServers,
  switchMap,
  fenceMap,
  setAddress,
  persistMap,
  persistServerState,
  reconcile,
  health,
  doctor,
};
