// SPDX-License-Identifier: Apache-2.0
declare module 'virtual:module' { const packed: string; export default packed; }
declare module 'virtual:worker' { const script: string; export default script; }
declare module '*.css' {}
