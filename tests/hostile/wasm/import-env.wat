;; tries: import a function of an environment in its core module
;; expect: refused: it imports `env`, which is not granted
(import "env" "system" (func (param i32) (result i32)))
