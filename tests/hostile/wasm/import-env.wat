;; tries: import a function of an environment in its core module
;; expect: refused: a module that makes no component
(import "env" "system" (func (param i32) (result i32)))
