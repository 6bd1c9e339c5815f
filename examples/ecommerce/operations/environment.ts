import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** The folder of compose.yaml and .env: this example's, or the copy that SHOP_DIRECTORY names. */
export const stackDirectory = (): string => process.env.SHOP_DIRECTORY ?? join(import.meta.dirname, '..');

/** The variables of the `.env` beside compose.yaml; none before `setup.ts` has run. */
export function environmentOf(directory: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(join(directory, '.env'), 'utf8')) as NodeJS.Dict<string>;
  } catch {
    return {};
  }
}

/** The shop's image of that version, for the stack in `directory`. */
export const imageOf = (directory: string, version: string): string =>
  `${environmentOf(directory).SHOP_IMAGE ?? 'ecomweb-api'}:${version}`;
