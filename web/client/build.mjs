// Makes dist/: one module of plain JavaScript and its types for each of src/, and nothing that was there before.
import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const here = import.meta.dirname
const compiler = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

rmSync(path.join(here, 'dist'), { recursive: true, force: true })
execFileSync(process.execPath, [compiler, '-p', path.join(here, 'tsconfig.json')], { stdio: 'inherit' })
// Whoever gets the package gets its licence with it.
copyFileSync(path.join(here, '..', '..', 'LICENSE'), path.join(here, 'LICENSE'))
