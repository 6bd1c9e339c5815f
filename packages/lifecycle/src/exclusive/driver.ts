import { loadDriver } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';

/** Imports the driver of a store that is given by its URL. @throws LifecycleError `driver-missing` */
export const importDriver = <T>(driver: string, load: () => Promise<T>): Promise<T> =>
  loadDriver(
    { driver, doing: 'opening the store of a lock', instead: 'a client' },
    load,
    (explanation, cause) => new LifecycleError('driver-missing', explanation, { cause }),
  );
