;; tries: import a function that the host has not
;; expect: refused: it imports `logs` of `herald:policy/host@1.0.0`
(component (import "herald:policy/host@1.0.0" (instance (export "logs" (func (param "text" string))))))
