import { migrate } from './migrate.ts';

await migrate();
