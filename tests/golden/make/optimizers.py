"""Writes tests/golden/opt_problem.json and tests/golden/opt_*.json: fifty steps of each optimizer on one problem.

PyTorch computes the gradients, and the updates of the optimizers that it has; the others are the formulas below, in
numpy. Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/optimizers.py
"""
import math
import numpy as np
import torch

from golden import pytorch, tensor, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

NAMES = ["W1", "b1", "W2", "b2", "W3", "b3"]
TORCH = f"{pytorch}, float64"
NUMPY = f"numpy, float64; the gradients from {pytorch}"


# The problem, with three decimals, so that every program reads the same numbers.
random = np.random.RandomState(777)
initial = {}
for name, size, shape in [("W1", 0.6, (7, 5)), ("W2", 0.5, (6, 7)), ("W3", 0.6, (3, 6)),
                          ("b1", 0.1, (7,)), ("b2", 0.1, (6,)), ("b3", 0.1, (3,))]:
    initial[name] = (size * random.randn(*shape)).round(3)
x = torch.tensor(random.randn(32, 5).round(3))
labels = torch.tensor(random.randint(0, 3, 32))


def parameters():
    return {k: torch.tensor(initial[k], requires_grad=True) for k in NAMES}


def loss(p, rows):
    h = torch.tanh(x[rows] @ p["W1"].T + p["b1"])
    h = torch.relu(h @ p["W2"].T + p["b2"])
    return torch.nn.functional.cross_entropy(h @ p["W3"].T + p["b3"], labels[rows])


def fifty_steps(name, make, formula, source=TORCH, after=(1, 50), batch_size=8, **hyper):
    """Takes fifty steps of the optimizer that make(p, **hyper) returns, an object with step(closure)."""
    p = parameters()
    optimizer = make(p, **hyper)
    losses, params_after = [], {}
    for k in range(50):
        first = batch_size * (k % (32 // batch_size))

        def closure():
            for w in p.values():
                w.grad = None
            value = loss(p, slice(first, first + batch_size))
            value.backward()
            return value

        losses.append(optimizer.step(closure).item())
        if k + 1 in after:
            params_after[str(k + 1)] = {n: tensor(p[n]) for n in NAMES}
    write(name, {"source": source, "formula": formula, "hyper": hyper, "problem": "opt_problem",
                 "batch_size": batch_size, "tolerance": "rel 1e-9 after 50 steps, 1e-12 after 1",
                 "loss": losses, "params_after": params_after, "final_loss_full_data": loss(p, slice(0, 32)).item()}, end="")


def of_torch(kind):
    return lambda p, **hyper: kind(list(p.values()), foreach=False, **hyper)


class Formula:
    """An optimizer whose update(w, g, state, t) modifies one parameter in place, in numpy."""

    def __init__(self, p, update):
        self.update, self.t = update, 0
        self.leaves = [(w, {}) for w in p.values()]

    def step(self, closure):
        value = closure()
        self.t += 1
        for w, state in self.leaves:
            self.update(w.detach().numpy(), w.grad.numpy(), state, self.t)
        return value


def momentum(p, lr, beta, correct=False):
    def update(w, g, state, t):
        state["v"] = beta * state.get("v", 0) + (1 - beta) * g
        w -= lr * state["v"] / (1 - beta**t if correct else 1)

    return Formula(p, update)


def nadam(p, lr, beta1, beta2, eps, mu):
    def update(w, g, state, t):
        state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
        state["n"] = beta2 * state.get("n", 0) + (1 - beta2) * g * g
        product = math.prod(mu(i) for i in range(1, t + 1))
        m = mu(t + 1) * state["m"] / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        w -= lr * m / (np.sqrt(state["n"] / (1 - beta2**t)) + eps)

    return Formula(p, update)


def adamw_of_weights(p, weight_decay, **hyper):
    weights = {"params": [p[n] for n in NAMES if n[0] == "W"], "weight_decay": weight_decay}
    biases = {"params": [p[n] for n in NAMES if n[0] == "b"], "weight_decay": 0}
    return torch.optim.AdamW([weights, biases], foreach=False, **hyper)


p = parameters()
first_loss = loss(p, slice(0, 8))
first_loss.backward()
write("opt_problem", {
    "description": "the problem of every opt_*.json",
    "conventions": {
        "net": "5-7-6-3: z1=x*W1^T+b1, h1=tanh(z1), z2=h1*W2^T+b2, h2=relu(z2), logits=h2*W3^T+b3, "
               "softmax cross-entropy mean over the batch",
        "batches": "step k (k=0..49) uses the batch_size rows from batch_size*(k%(32/batch_size)) of x",
        "W_layout": "[out,in]; x is [samples, features]",
        "loss[k]": "loss of step k's batch BEFORE the update of step k",
        "params_after": "parameters after that many updates"},
    "x": tensor(x), "labels": labels.tolist(), "initial": {n: tensor(initial[n]) for n in NAMES},
    "gradient_at_step_0": {"d" + n: tensor(p[n].grad) for n in NAMES}, "loss_at_step_0": first_loss.item()}, end="")

often = (1, 2, 5, 10, 50)
betas = {"betas": (0.9, 0.999), "eps": 1e-8}
sgd, rmsprop = of_torch(torch.optim.SGD), of_torch(torch.optim.RMSprop)
fifty_steps("opt_sgd", sgd, "w -= lr*g", after=often, lr=0.1)
fifty_steps("opt_sgd_momentum_ewma", momentum, "v=beta*v+(1-beta)*g; w -= lr*v", NUMPY, often, lr=0.5, beta=0.9)
fifty_steps("opt_momentum_corrected", lambda p, **h: momentum(p, correct=True, **h),
            "v=beta*v+(1-beta)*g; w -= lr*v/(1-beta^t)", NUMPY, lr=0.5, beta=0.9)
fifty_steps("opt_momentum_sum", sgd, "v=momentum*v+g; w -= lr*v", lr=0.05, momentum=0.9)
fifty_steps("opt_nesterov", sgd, "v=momentum*v+g; w -= lr*(g+momentum*v)", lr=0.05, momentum=0.9, nesterov=True)
fifty_steps("opt_adagrad", of_torch(torch.optim.Adagrad), "s+=g^2; w -= lr*g/(sqrt(s)+eps)", lr=0.1, eps=1e-10)
fifty_steps("opt_adagrad_initial", of_torch(torch.optim.Adagrad), "the same from s=initial_accumulator_value",
            lr=0.1, eps=1e-10, initial_accumulator_value=0.1)
fifty_steps("opt_adadelta", of_torch(torch.optim.Adadelta),
            "s=rho*s+(1-rho)*g^2; d=sqrt(u+eps)/sqrt(s+eps)*g; u=rho*u+(1-rho)*d^2; w -= lr*d",
            lr=1.0, rho=0.9, eps=1e-4)
fifty_steps("opt_rmsprop", rmsprop, "s=alpha*s+(1-alpha)*g^2; w -= lr*g/(sqrt(s)+eps)", lr=0.01, alpha=0.9, eps=1e-8)
fifty_steps("opt_rmsprop_centred", rmsprop, "a=alpha*a+(1-alpha)*g; w -= lr*g/(sqrt(s-a^2)+eps)",
            lr=0.01, alpha=0.9, eps=1e-8, centered=True)
fifty_steps("opt_rmsprop_momentum", rmsprop, "v=momentum*v+g/(sqrt(s)+eps); w -= lr*v",
            lr=0.003, alpha=0.9, eps=1e-8, momentum=0.9)
fifty_steps("opt_rmsprop_centred_momentum", rmsprop, "v=momentum*v+g/(sqrt(s-a^2)+eps); w -= lr*v",
            lr=0.003, alpha=0.9, eps=1e-8, momentum=0.9, centered=True)
fifty_steps("opt_adam", of_torch(torch.optim.Adam),
            "m,v averages, both divided by 1-beta^t; w -= lr*m/(sqrt(v)+eps)", after=often, lr=0.01, **betas)
fifty_steps("opt_adamw", of_torch(torch.optim.AdamW), "w *= 1-lr*weight_decay for all parameters; then Adam",
            lr=0.01, weight_decay=0.5, **betas)
fifty_steps("opt_adamw_weights", adamw_of_weights, "w *= 1-lr*weight_decay for W1, W2, W3; then Adam",
            lr=0.01, weight_decay=0.5, **betas)
fifty_steps("opt_amsgrad", of_torch(torch.optim.Adam), "Adam with max over time of v",
            lr=0.05, amsgrad=True, betas=(0.9, 0.9), eps=1e-8)
fifty_steps("opt_adamax", of_torch(torch.optim.Adamax), "u=max(beta2*u,|g|+eps); w -= lr/(1-beta1^t)*m/u",
            lr=0.01, **betas)
# foreach=True follows the paper; the plain loop of PyTorch 1.13 multiplies mu_t twice into the product up to t + 1.
fifty_steps("opt_nadam", lambda p, **h: torch.optim.NAdam(list(p.values()), foreach=True, **h),
            "mu_t=beta1*(1-0.96^(t*momentum_decay)/2)", lr=0.01, momentum_decay=0.004, **betas)
fifty_steps("opt_nadam_keras", lambda p, **h: nadam(p, mu=lambda t: h["beta1"] * (1 - 0.5 * 0.96**t), **h),
            "Dozat's Nadam with mu_t=beta1*(1-0.96^t/2)", NUMPY, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8)
fifty_steps("opt_nadam_plain", lambda p, **h: nadam(p, mu=lambda t: h["beta1"], **h),
            "Dozat's Nadam with mu=beta1", NUMPY, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8)
fifty_steps("opt_lbfgs", lambda p, **h: torch.optim.LBFGS(list(p.values()), **h),
            "two-loop recursion, fixed step length, no line search", batch_size=32,
            lr=0.1, max_iter=1, history_size=5, tolerance_grad=0, tolerance_change=0)
