;; tries: import the host as a function
;; expect: refused: it imports `herald:policy/host@1.0.0` as something other than an interface
(component (import "herald:policy/host@1.0.0" (func)))
