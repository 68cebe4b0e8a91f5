import type { SupportProblem } from '../api/support.js';

/** What this browser, page or computer lacks; empty when everything is there. */
export declare function supportProblems(): Promise<SupportProblem[]>;
