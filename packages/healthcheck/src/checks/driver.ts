import { loadDriver as load } from '@cutover/internal';
import { HealthcheckError } from '../errors.ts';

/** Loads an optional driver the first time a check needs it; without it the check fails permanently. */
export const loadDriver = <T>(driver: string, importing: () => Promise<T>): Promise<T> =>
  load(
    { driver, doing: `loading the driver of a check`, instead: 'your own client to the check' },
    importing,
    (explanation, cause) => new HealthcheckError('driver-missing', explanation, { cause }),
  );
