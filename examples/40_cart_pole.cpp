// Lesson 40: reinforcement learning. A cart balances a pole, by a network that learns from its own attempts: by the policy
// gradient, and by Q-learning.
//
//   40_cart_pole --seed 1

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

namespace {

/// The cart with a pole of Barto, Sutton and Anderson (1983), with the constants of Gymnasium's CartPole-v1: an episode
/// ends when the pole or the cart is out of bounds, or after 500 steps, each of which has a reward of 1.
class CartPole {
 public:
  using State = std::array<double, 4>;  // position and speed of the cart, angle and angular speed of the pole

  void reset(Rng& rng) {
    for (double& value : state_) value = 0.1 * rng.uniform() - 0.05;
    steps_ = 0;
  }
  /// Pushes the cart to the left (0) or the right (1).
  void push(Index action) {
    constexpr double gravity = 9.8, pole_mass = 0.1, mass = 1 + pole_mass, half = 0.5, force = 10,
                     interval = 0.02;
    auto& [x, speed, angle, turn] = state_;
    const double sine = std::sin(angle), cosine = std::cos(angle);
    const double push = ((action == 1 ? force : -force) + pole_mass * half * turn * turn * sine) / mass;
    const double turning =
        (gravity * sine - cosine * push) / (half * (4.0 / 3 - pole_mass * cosine * cosine / mass));
    const double acceleration = push - pole_mass * half * turning * cosine / mass;
    x += interval * speed;
    speed += interval * acceleration;
    angle += interval * turn;
    turn += interval * turning;
    ++steps_;
  }
  bool has_fallen() const {
    return std::abs(state_[0]) > 2.4 || std::abs(state_[2]) > 12 * 3.14159265358979 / 180;
  }
  bool is_over() const { return has_fallen() || steps_ == 500; }
  int steps() const { return steps_; }

  /// Writes the state as inputs of similar size.
  void observe(Eigen::Ref<Vector<>> to) const {
    constexpr State scale{2.4, 2, 0.2, 2};
    for (std::size_t i = 0; i < 4; ++i) to(static_cast<Index>(i)) = static_cast<float>(state_[i] / scale[i]);
  }

 private:
  State state_{};
  int steps_ = 0;
};

double mean_of_last(const std::vector<int>& returns, std::size_t count) {
  double sum = 0;
  for (std::size_t i = returns.size() - count; i < returns.size(); ++i) sum += returns[i];
  return sum / static_cast<double>(count);
}

/// The loss of the policy gradient: minus the advantage of the action taken times the logarithm of its probability. A
/// target is a column of the action and its advantage.
struct PolicyGradient {
  WeightedSum value(Batch<> logits, Batch<> target, SampleWeights<> weights) const {
    Matrix<> gradient;
    return value_and_gradient(logits, target, gradient, weights);
  }
  WeightedSum value_and_gradient(Batch<> logits, Batch<> target, Matrix<>& gradient,
                                 SampleWeights<> weights) const {
    WeightedSum sum;
    gradient = softmax(Matrix<>{logits});
    for (Index j = 0; j < logits.cols(); ++j) {
      const auto action = static_cast<Index>(target(0, j));
      const float advantage = target(1, j) * weights(j);
      sum +=
          {-static_cast<double>(advantage * std::log(gradient(action, j))), static_cast<double>(weights(j))};
      gradient(action, j) -= 1;
      gradient.col(j) *= advantage;
    }
    return sum;
  }
};

/// REINFORCE with a critic: makes the actions of an attempt more likely by how much better it went than the critic expected.
///
/// Source   Williams: Simple statistical gradient-following algorithms (Machine Learning 8, 1992)
std::vector<int> learn_policy(std::uint64_t seed, int episodes) {
  Rng rng{seed};
  const Sequential policy{Dense{4, 32, rng}, Tanh{}, Dense{32, 2, rng, XavierNormal{}}};
  const Sequential critic{Dense{4, 32, rng}, Tanh{}, Dense{32, 1, rng, XavierNormal{}}};
  Trainer actor{policy, PolicyGradient{}, Adam{.learning_rate = 1e-2}};
  Trainer judge{critic, MeanSquaredError{}, Adam{.learning_rate = 1e-2}};
  typename decltype(actor.model)::Cache cache;
  constexpr double discount = 0.99;

  CartPole cart;
  Matrix<> seen(4, 500), actions(1, 500), gains(1, 500);
  std::vector<int> returns;
  for (int episode = 0; episode < episodes; ++episode) {
    cart.reset(rng);
    while (!cart.is_over()) {
      const Index t = cart.steps();
      cart.observe(seen.col(t));
      const auto logits = actor.model.forward(seen.col(t), cache, Pass::inference());
      const double right = 1 / (1 + std::exp(static_cast<double>(logits(0) - logits(1))));
      const Index action = rng.uniform() < right ? 1 : 0;
      actions(0, t) = static_cast<float>(action);
      cart.push(action);
    }
    const Index steps = cart.steps();
    returns.push_back(cart.steps());

    // The discounted sum of rewards from each step on; after the 500th, what the critic expects.
    const Matrix<> x = seen.leftCols(steps);
    const Matrix<> expected = predict(judge.model, x);
    double gain = cart.has_fallen() ? 0 : 100 * static_cast<double>(expected(0, steps - 1));
    for (Index t = steps; t-- > 0;) {
      gain = 1 + discount * gain;
      gains(0, t) = static_cast<float>(gain / 100);
    }
    const Matrix<> target = gains.leftCols(steps);
    Matrix<> taken(2, steps);  // actions, and how much better they were than expected
    taken << actions.leftCols(steps), target - expected;
    taken.row(1) /= std::sqrt(taken.row(1).squaredNorm() / static_cast<float>(steps)) + 1e-4F;
    actor.step(x, taken);
    for (int pass = 0; pass < 5; ++pass) judge.step(x, target);
    if (returns.size() >= 100 && mean_of_last(returns, 100) > 495) break;
  }
  return returns;
}

/// Returns the returns of attempts by a network that predicts the value of each action, without learning and without random
/// pushes.
template <Layer M>
std::vector<int> attempts(const M& network, int count, Rng& rng) {
  typename M::Cache cache;
  CartPole cart;
  Matrix<> x(4, 1);
  std::vector<int> returns;
  for (int attempt = 0; attempt < count; ++attempt) {
    cart.reset(rng);
    while (!cart.is_over()) {
      cart.observe(x.col(0));
      const auto values = network.forward(x, cache, Pass::inference());
      cart.push(values(1) > values(0) ? 1 : 0);
    }
    returns.push_back(cart.steps());
  }
  return returns;
}

/// Q-learning: predicts the discounted sum of rewards after each action from the best prediction for the next state, by
/// samples that are drawn from a memory, and targets from a network that follows the learning one slowly; the learning
/// network chooses the action that the other judges.
///
/// Source   Mnih et al.: Human-level control through deep reinforcement learning (Nature 518, 2015); van Hasselt, Guez,
///          Silver: Deep reinforcement learning with double Q-learning (AAAI 2016)
std::vector<int> learn_values(std::uint64_t seed, int episodes) {
  Rng rng{seed};
  const Sequential network{Dense{4, 64, rng}, ReLU{}, Dense{64, 64, rng}, ReLU{}, Dense{64, 2, rng}};
  Trainer trainer{network, Huber{}, Adam{.learning_rate = 5e-4}};
  auto slow = trainer.model, best_network = trainer.model;
  double best_mean = 0;
  typename decltype(trainer.model)::Cache cache, next_cache, slow_cache;
  constexpr Index memory = 50'000, batch = 64;
  constexpr float discount = 0.99F;

  Matrix<> before(4, memory), after(4, memory);
  std::vector<Index> actions(memory);
  std::vector<bool> fell(memory);
  Index filled = 0, at = 0, pushes = 0;
  Matrix<> x(4, batch), next(4, batch), target(2, batch);
  std::array<Index, batch> drawn{};

  CartPole cart;
  std::vector<int> returns;
  for (int episode = 0; episode < episodes; ++episode) {
    cart.reset(rng);
    while (!cart.is_over()) {
      cart.observe(before.col(at));
      const auto values = trainer.model.forward(before.col(at), cache, Pass::inference());
      const double curiosity = std::max(0.03, 1 - static_cast<double>(pushes) / 3000);
      const Index action = rng.uniform() < curiosity ? rng.below(2) : Index{values(1) > values(0)};
      cart.push(action);
      cart.observe(after.col(at));
      actions[static_cast<std::size_t>(at)] = action;
      fell[static_cast<std::size_t>(at)] = cart.has_fallen();
      at = (at + 1) % memory;
      filled = std::max(filled, at == 0 ? memory : at);
      if (++pushes < 500) continue;

      for (Index j = 0; j < batch; ++j) {
        const Index k = drawn[static_cast<std::size_t>(j)] = rng.below(filled);
        x.col(j) = before.col(k);
        next.col(j) = after.col(k);
      }
      // Outputs of actions that were not taken are their own targets, so that they have no gradient.
      target = trainer.model.forward(x, cache, Pass::inference());
      const auto learned = trainer.model.forward(next, next_cache, Pass::inference());
      const auto judged = slow.forward(next, slow_cache, Pass::inference());
      for (Index j = 0; j < batch; ++j) {
        const auto k = static_cast<std::size_t>(drawn[static_cast<std::size_t>(j)]);
        const Index choice = learned(1, j) > learned(0, j) ? 1 : 0;
        target(actions[k], j) = 0.1F + (fell[k] ? 0 : discount * judged(choice, j));  // rewards of a tenth
      }
      trainer.step(x, target);
      visit_flat([](auto to, auto from) { to += 0.02F * (from - to); }, slow, trainer.model);
    }
    returns.push_back(cart.steps());
    // Q-learning forgets as it goes on: the network that balances best is kept.
    if (episode % 5 != 0) continue;
    const double mean = mean_of_last(attempts(trainer.model, 10, rng), 10);
    if (mean <= best_mean) continue;
    best_mean = mean;
    best_network = trainer.model;
    if (mean > 495) break;
  }
  const std::vector<int> last = attempts(best_network, 100, rng);
  returns.insert(returns.end(), last.begin(), last.end());
  return returns;
}

}  // namespace

int main(int argc, char** argv) try {
  std::uint64_t seed = 1;
  int episodes = 500;
  CLI::App app{"Learns to balance a pole by the policy gradient and by Q-learning."};
  app.option_defaults()->always_capture_default();
  app.add_option("--episodes", episodes, "attempts at most, at least 100")->check(CLI::Range(100, 100'000));
  app.add_option("--seed", seed, "seed of initialization and attempts");
  CLI11_PARSE(app, argc, argv);

  const auto report = [](const std::string& name, const std::vector<int>& returns) {
    std::printf("%s\n", name.c_str());
    for (std::size_t end = 100; end <= returns.size(); end += 100)
      std::printf("  episodes %4d to %4d: mean return %5.1f\n", static_cast<int>(end - 99),
                  static_cast<int>(end),
                  mean_of_last({returns.begin(), returns.begin() + static_cast<std::ptrdiff_t>(end)}, 100));
    std::printf("  last 100 of %d: mean return %.1f of 500\n", static_cast<int>(returns.size()),
                mean_of_last(returns, 100));
  };
  report("policy gradient", learn_policy(seed, episodes));
  report("Q-learning", learn_values(seed, episodes));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
