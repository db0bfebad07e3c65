;; tries: import a function of the host with other parameters
;; expect: refused: type mismatch for function `log`: expected `[I32, I32] -> []` but found `[I64] -> []`
(import "herald:policy/host@1.0.0" "log" (func (param i64)))
