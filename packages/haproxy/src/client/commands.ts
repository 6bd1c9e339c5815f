import { execute } from '../commands/execute.ts';
import { cliLevel, showInfo, showVersion } from '../commands/info.ts';
import {
  addMap,
  clearMap,
  commitMap,
  deleteMap,
  prepareMap,
  setMap,
  showMap,
  showMaps,
} from '../commands/map.ts';
import { setServerAddress, setServerState, setServerWeight, shutdownSessions } from '../commands/server.ts';
import { showServersState } from '../commands/servers-state.ts';
import { showStat } from '../commands/stat.ts';

/** The commands that are methods of a client. */
export const COMMANDS = {
  execute,
  cliLevel,
  showInfo,
  showVersion,
  showStat,
  showServersState,
  showMaps,
  showMap,
  prepareMap,
  addMap,
  commitMap,
  clearMap,
  setMap,
  deleteMap,
  setServerState,
  setServerWeight,
  setServerAddress,
  shutdownSessions,
};
