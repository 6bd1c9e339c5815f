export { type Differential, differentialOf } from './gate/differential.ts';
export {
  GATE_RULES,
  type GateProgress,
  type GateRules,
  type GateVerdict,
  gateVerdict,
  observe,
  openGate,
} from './gate/gate.ts';
export { type GateAnswer, type GateOptions, type GateResult, runGate } from './gate/run-gate.ts';
