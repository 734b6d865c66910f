export declare const inClone: boolean;
export declare const addonFile: string;
export declare const BUILD: string;
export declare const SETUP: string;
export declare const SETUP_SCRIPT: string;
export declare const SETUP_WITH_PIP: string;
export declare const MEND: string;
